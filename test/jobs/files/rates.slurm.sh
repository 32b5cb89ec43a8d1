#!/bin/bash
# sbatch rates.slurm.sh runs the sweep in 5 jobs. A job that is preempted, or that runs out of time, is queued again and resumes.
#SBATCH --job-name=rates
#SBATCH --array=0-4
#SBATCH --nodes=1
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=4
#SBATCH --mem-per-cpu=2G
#SBATCH --time=24:00:00
# Two minutes before the time is over, this script hears USR1.
#SBATCH --signal=B:USR1@120
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=rates-%A_%a.log

cd -- PROJECT || exit 1
heaviside=node_modules/.bin/heaviside
[ -x "$heaviside" ] || { echo "$PWD has no $heaviside: npm install heaviside" >&2; exit 1; }

"$heaviside" sweep ./rates.mjs --shard "$SLURM_ARRAY_TASK_ID/5" \
  --workers "${SLURM_CPUS_PER_TASK:-1}" --out runs/rates &
sweep=$!
again=
trap 'again=yes; kill -TERM "$sweep"' USR1
trap 'kill -TERM "$sweep"' TERM INT

# A signal ends wait before the sweep has ended.
wait "$sweep"
status=$?
while kill -0 "$sweep" 2>/dev/null; do
  wait "$sweep"
  status=$?
done
if [ -n "$again" ] && [ "$status" -ne 0 ]; then
  # The number of one task of an array is that of the whole array, too: SLURM_JOB_ID would queue all of them again.
  trap '' TERM
  scontrol requeue "${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID" && exit 0
fi
exit "$status"

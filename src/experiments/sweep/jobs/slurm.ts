import { shellWord } from "../../../describe/shell.ts";
import { placeIn } from "./quoting.ts";
import type { JobSettings, JobTarget } from "./target.ts";

/** A job array of Slurm: a shard for each task, on a file system that all nodes share. */
export const slurm: JobTarget = {
  ...{ title: "a Slurm job array, a shard each", queued: false, contained: false, volume: false },
  files: (settings) => ({ [nameOf(settings)]: scriptOf(settings) }),
  commands: (settings) => [
    `sbatch ${shellWord(placeIn(settings.to, nameOf(settings)))}`,
    `npx heaviside sweep report ${shellWord(settings.out)}`,
  ],
};

const nameOf = ({ label }: JobSettings): string => `${label}.slurm.sh`;

const scriptOf = ({ label, shards, cpus, project, file, out, options }: JobSettings): string => `#!/bin/bash
# sbatch ${label}.slurm.sh runs the sweep in ${shards} jobs. A job that is preempted, or that runs out of time, is queued again and resumes.
#SBATCH --job-name=${label}
#SBATCH --array=0-${shards - 1}
#SBATCH --nodes=1
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=${cpus}
#SBATCH --mem-per-cpu=2G
#SBATCH --time=24:00:00
# Two minutes before the time is over, this script hears USR1.
#SBATCH --signal=B:USR1@120
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=${label}-%A_%a.log

cd -- ${shellWord(project)} || exit 1
heaviside=node_modules/.bin/heaviside
[ -x "$heaviside" ] || { echo "$PWD has no $heaviside: npm install heaviside" >&2; exit 1; }

"$heaviside" sweep ${shellWord(file)} --shard "$SLURM_ARRAY_TASK_ID/${shards}" \\
  --workers "\${SLURM_CPUS_PER_TASK:-1}" --out ${shellWord(out)}${options.sweep.map((word) => ` ${shellWord(word)}`).join("")} &
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
  scontrol requeue "\${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID" && exit 0
fi
exit "$status"
`;

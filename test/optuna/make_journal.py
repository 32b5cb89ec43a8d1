"""Writes journal.jsonl with Optuna itself: the sweep of optuna.test.ts, told to it trial by trial."""

import datetime
import os
import sys

import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.storages import JournalStorage
from optuna.trial import TrialState, create_trial

try:
    from optuna.storages.journal import JournalFileBackend
except ImportError:
    from optuna.storages import JournalFileStorage as JournalFileBackend

path = sys.argv[1]
if os.path.exists(path):
    os.remove(path)
study = optuna.create_study(study_name="rates", storage=JournalStorage(JournalFileBackend(path)), direction="maximize")
for key, value in {
    "question": "Which is best?",
    "metric": "logProb",
    "base": {"data": "mnist", "epochs": "9"},
}.items():
    study.set_user_attr(key, value)

distributions = {
    "rate": FloatDistribution(0.01, 1, log=True),
    "hidden": IntDistribution(4, 64, log=True),
    "momentum": FloatDistribution(0, 0.9),
    "estimator": CategoricalDistribution(["disarm", "arm"]),
    "batch": CategoricalDistribution([5, 10, 20]),
}
end = datetime.datetime(2026, 1, 31, 12)
for number, (state, values, params, scores, seconds, attributes) in enumerate(
    [
        ("COMPLETE", -1.5, [0.25, 16, 0.5, "arm", 10], {1: -2.5, 3: -2.0, 9: -1.5}, 2.5, {"epochs": 9, "test_logProb": -1.625}),
        ("PRUNED", -3.0, [0.01, 4, 0.0, "disarm", 5], {1: -3.0}, 0.5, {"epochs": 1}),
        ("FAIL", None, [1.0, 64, 0.9, "arm", 20], {}, 0, {"error": "diverged"}),
        ("FAIL", None, [0.5, 8, 0.25, "disarm", 20], {}, 0, {"error": "log probability must be a finite number, is NaN"}),
        ("FAIL", None, [0.125, 32, 0.75, "arm", 5], {}, 0, {"error": "log probability must be a finite number, is -Infinity"}),
    ]
):
    given = dict(zip(distributions, params))
    trial = create_trial(
        state=TrialState[state],
        value=values,
        params=given,
        distributions=distributions,
        user_attrs={"trial": number, "id": f"ID{number}", "seed": 1, **({} if "error" in attributes else {"seconds": seconds}), **attributes},
        intermediate_values=scores,
    )
    trial.datetime_complete = end
    trial.datetime_start = end - datetime.timedelta(seconds=seconds)
    study.add_trial(trial)

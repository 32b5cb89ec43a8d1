"""Reads a journal as Optuna does, adds trials with its TPE, and prints both as JSON: python3 read_journal.py FILE STUDY MORE."""

import json
import sys

import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution
from optuna.storages import JournalStorage

try:
    from optuna.storages.journal import JournalFileBackend
except ImportError:
    from optuna.storages import JournalFileStorage as JournalFileBackend

path, name, more = sys.argv[1:]
optuna.logging.set_verbosity(optuna.logging.ERROR)


def load():
    sampler = optuna.samplers.TPESampler(seed=1, n_startup_trials=1)
    return optuna.load_study(study_name=name, storage=JournalStorage(JournalFileBackend(path)), sampler=sampler)


def suggested(trial, name, distribution):
    if isinstance(distribution, CategoricalDistribution):
        return trial.suggest_categorical(name, distribution.choices)
    suggest = trial.suggest_float if isinstance(distribution, FloatDistribution) else trial.suggest_int
    return suggest(name, distribution.low, distribution.high, log=distribution.log)


def said(trial):
    return {
        "number": trial.number,
        "state": trial.state.name,
        "value": trial.value,
        "params": trial.params,
        "distributions": {key: [type(one).__name__, one._asdict()] for key, one in trial.distributions.items()},
        "intermediate": {str(step): value for step, value in trial.intermediate_values.items()},
        "attributes": trial.user_attrs,
        "seconds": trial.duration.total_seconds(),
    }


study = load()
before = [said(trial) for trial in study.trials]
distributions = study.trials[0].distributions
study.optimize(
    lambda trial: len([suggested(trial, key, one) for key, one in distributions.items()]) / 1000, n_trials=int(more)
)
# A copy is checked trial by trial.
optuna.copy_study(
    from_study_name=name,
    from_storage=JournalStorage(JournalFileBackend(path)),
    to_storage=(copies := optuna.storages.InMemoryStorage()),
)
print(
    json.dumps(
        {
            "direction": study.direction.name,
            "attributes": study.user_attrs,
            "best": study.best_trial.number,
            "before": before,
            "after": [said(trial) for trial in load().trials[len(before) :]],
            "copied": len(optuna.load_study(study_name=name, storage=copies).trials),
        }
    )
)

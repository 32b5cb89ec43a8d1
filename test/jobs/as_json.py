"""The documents of a YAML file as a JSON list: python3 as_json.py < FILE."""

import json
import sys

import yaml

print(json.dumps(list(yaml.safe_load_all(sys.stdin))))

"""Encoding: documents per second of Erya's tokenizer and of `tokenizers`, one thread, at equal ids; training beside it.

    python bench/tokenize.py                      about 2 minutes; ../shared/data, or else the embedded samples
    python bench/tokenize.py --text en.txt --text zh.jsonl.gz

The benchmark itself is encoding.py. This file bears the name of a standard module, so any script of this folder that
asks for that module gets this file: it puts the standard one in its own place before anything else happens.
"""

import importlib.util
import os
import sys

_spec = importlib.util.spec_from_file_location("tokenize", os.path.join(os.path.dirname(os.__file__), "tokenize.py"))  # noqa: PTH118, PTH120 - nothing may be imported yet
assert _spec is not None
assert _spec.loader is not None
sys.modules["tokenize"] = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(sys.modules["tokenize"])

if __name__ == "__main__":
    from encoding import main

    main()

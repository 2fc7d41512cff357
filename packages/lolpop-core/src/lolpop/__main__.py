"""Let `python -m lolpop` be the command `lolpop`."""

import sys

try:
    from lolpop.cli import main
except ImportError as error:
    # Installed after ours, the unrelated distribution `lolpop` replaces `lolpop/cli/__init__.py`.
    from lolpop import plugins

    sys.exit(f"error: lolpop-core is damaged: {error}\nhint: {plugins.FOREIGN_HINT}")

if __name__ == "__main__":
    main()

"""Let `python -m lolpop` be the command `lolpop`."""

from lolpop.cli import main

if __name__ == "__main__":
    main()

"""``python -m capset``."""

from capset.cli import main

if __name__ == "__main__":
    main()

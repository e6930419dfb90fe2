"""``python -m formline.cli``: the command line without the installed script."""

from formline.cli import main

if __name__ == "__main__":
    main()

"""`python -m atrium_local`: the command `atrium`, as its own child processes run it."""

from atrium_local.entry import main

if __name__ == "__main__":
    main()

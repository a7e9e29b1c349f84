"""What a user can mend, said in one line."""

import sys


class InputError(Exception):
    """Bad usage or bad input: what is wrong, where, and what to do, in one line."""


def exit_code(main, argv=None):
    """Run `main(argv)`; an InputError or a file that cannot be read or written becomes one line on stderr and 2."""
    try:
        return main(argv) or 0
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
    except OSError as error:
        if error.filename is None:  # no file of the user's
            raise
        print(f"error: {error.filename}: {(error.strerror or 'cannot be used').lower()}", file=sys.stderr)
    return 2

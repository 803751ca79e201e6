"""What goes wrong with the files of a data set."""


class DataError(ValueError):
    """A file that is missing, damaged or not what its name says; the message is for people."""

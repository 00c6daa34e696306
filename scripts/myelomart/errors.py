"""Errors that a researcher reads: one sentence that says what is wrong, where, and what to do."""


class MyelomartError(Exception):
    """A failure with a cause the user can mend; the command line prints it and exits non-zero."""

    exit_code = 1


class StatisticsError(MyelomartError, ValueError):
    """Input that a statistical method must refuse: says the column and how many rows are wrong."""

    exit_code = 2


class NoData(MyelomartError):
    """An output that these data cannot fill: says which covariate, endpoint or table is missing."""


class SourceError(MyelomartError):
    """Input data that cannot be read: says file, table, column, row, and what to do."""

    exit_code = 3


class WarehouseError(MyelomartError):
    """A database that cannot be opened or built: says which and what to do."""

    exit_code = 4


class NoRoom(MyelomartError):
    """Disk, memory or a limit of the system is at its end.

    ``lacks_need`` says that it is a disk, and that the sentence does not yet say how much to free.
    """

    exit_code = 5

    def __init__(self, sentence: str, lacks_need: bool = False):
        super().__init__(sentence)
        self.lacks_need = lacks_need


class Stopped(MyelomartError):
    """The user stopped the work (Ctrl-C); what stood before is as it was."""

    exit_code = 130


class QualityError(MyelomartError):
    """A source that fails a blocking quality check; says which and what to do."""

    exit_code = 1

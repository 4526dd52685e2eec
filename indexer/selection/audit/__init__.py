"""The audit of a selection: duplicates, leaks between splits, and metadata that predict the label.

::

    auditing    a selection, or all inspected images -> Audit
    measures    the table work.audited -> duplicates, leaks, shortcuts (also used by reports)
    shortcuts   balanced accuracy of rules on metadata
"""

from indexer.selection.audit.auditing import Audit, AuditOptions, audit

__all__ = ["Audit", "AuditOptions", "audit"]

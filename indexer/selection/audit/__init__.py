"""The audit of a selection: duplicates, leaks between splits, and metadata that predict the label.

::

    auditing    a selection, or all inspected images -> Audit
    measures    the table work.audited -> duplicates, leaks, shortcuts (also used by reports)
    shortcuts   balanced accuracy of rules on metadata, for the label, the generator and the split
    subgroups   the same from one split to another, and the worst generator and origins
    sentences   the strongest findings in words
    prediction/ rules, intervals, p-values
"""

from indexer.selection.audit.auditing import Audit, AuditOptions, audit

__all__ = ["Audit", "AuditOptions", "audit"]

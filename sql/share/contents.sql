-- Rows of a dataset in the order of its content digests: splits and file_ids by their bytes.
select
    split,
    file_id,
    sha256
from content
order by split, file_id, sha256

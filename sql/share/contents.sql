-- Identities and images of a dataset in the order of its digests: splits and file_ids by their bytes.
select
    split,
    file_id,
    sha256
from content
order by split, file_id, sha256

-- The bad images that copies replace, as derivation errors.
select a.member_id, a.source, 'duplicate_id' as code, a.file_id || ' has another copy: ' || r.bad as detail
from work.replacement r
join attributes a on a.member_id = r.bad_id

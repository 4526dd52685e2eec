-- Derived rows of the last time, of sources whose declaration is wrong now: images, their copies, companions, and members
-- without a row. Copies of one file_id are compared again.
select a.*, e.detail as gap
from attributes a
left join derivation_error e on e.member_id = a.member_id and e.code = 'missing_text'
where list_contains($sources, a.source)
union all by name
select * exclude (rank)
from other_copy
where list_contains($sources, source)
union all by name
select *
from companion
where list_contains($sources, source)
union all by name
select *
from derivation_error
where list_contains($sources, source)
    and code <> 'missing_text'
    and member_id not in (select member_id from other_copy)

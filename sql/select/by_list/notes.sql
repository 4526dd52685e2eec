-- Listed ids that occur twice in a split, have white space around them or are not NFC: split, kind, their number, an example.
with resolved as (
    select w.split, w.file_id as written, if(a.file_id is null, w.stripped, w.file_id) as file_id
    from work.written w
    left join (select distinct file_id from attributes) a using (file_id)
),
counted as (
    select split, file_id, count(*) as times, count(*) filter (nfc_normalize(written) <> file_id) as spaced
    from resolved
    group by split, file_id
)
select split, 'listed more than once' as note, count(*) as images, min(file_id) as example
from counted
where times > 1
group by split
union all
select split, 'read without the white space around them' as note, count(*) as images, min(file_id) as example
from counted
where spaced > 0
group by split
order by split, note

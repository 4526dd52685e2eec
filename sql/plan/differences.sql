-- Rows of a finished build that differ from the manifest or the selection. $variants: the end of the splits of variants.
with built as (
    select distinct regexp_replace(split, $variants, '') as split, file_id, source_sha256
    from read_parquet($rows)
),

selected as (
    select
        s.split,
        coalesce(r.file_id, s.file_id) as file_id,
        any_value(if(r.matched_by = 'pixels' and m.pixel_hash = r.pixel_hash, m.hash, coalesce(r.hash, m.hash))) as hash,
        count(m.file_id) > 0 as is_known
    from selection s
    left join manifest m using (file_id)
    left join shared_row r on r.name = s.name and r.split = s.split and r.local_file_id = s.file_id
    where s.name = $selection
    group by all
)

select
    b.file_id,
    case
        when c.file_id is null then 'is not in the selection as ' || b.split
        when not c.is_known then 'is not in the manifest'
        else 'came from other bytes than the manifest has'
    end as what
from built b
left join selected c using (split, file_id)
where c.file_id is null or not c.is_known or c.hash <> b.source_sha256
order by b.file_id

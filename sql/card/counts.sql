-- The written rows (`written_row`), counted per split, label, generator, origin and source. Variants do not count as
-- converted: the card describes the native images.
select
    w.split,
    p.label,
    p.generator,
    p.origin,
    p.source,
    count(*) as images,
    count(*) filter (
        w.transform not in ('verbatim', 'metadata_removed', 'metadata_stripped') and not contains(w.transform, '; variant ')
    ) as converted,
    sum(w.stored_size)::bigint as bytes
from written_row w
join (select distinct on (file_id) file_id, label, generator, origin, source from plan_row order by file_id) p
    using (file_id)
group by all
order by w.split, p.label, p.generator, p.origin, p.source

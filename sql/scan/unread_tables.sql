-- Tables of the sources $sources (scan PATH) that may have captions or labels; the default rule reads none of them.
select source, count(*) as tables, min(path) as example
from (
    select source, logical as path
    from raw_file
    where regexp_matches(lower(logical), '(^|/)[^/.][^/]*\.(csv|tsv|json|jsonl)$')
        and not regexp_matches(logical, '(^|/)(dataset_dict|dataset_info|state)\.json$')  -- of saved datasets
    union all
    select source, path from container where kind in ('arrow', 'parquet')
)
where list_contains($sources, source)
group by source
order by source

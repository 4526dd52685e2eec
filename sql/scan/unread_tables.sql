-- Files of the sources $sources (scan PATH) that may have captions or labels; the default rule reads none of them.
select source, count(*) as files, min(logical) as example
from raw_file
where list_contains($sources, source) and regexp_matches(lower(logical), '(^|/)[^/.][^/]*\.(csv|tsv|json|jsonl)$')
group by source
order by source

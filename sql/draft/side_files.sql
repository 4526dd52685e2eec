-- Files that may have captions, prompts or labels, by name; the largest of each name first.
select
    logical,
    split_part(logical, '/', -1) as file_name,
    r.size,
    m.*
from raw_file r
join member_location m using (member_id)
where regexp_matches(lower(logical), '\.(csv|tsv|json|jsonl)$') and r.size < 100_000_000
order by r.size desc, logical
limit $files

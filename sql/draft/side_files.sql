-- Files that may have captions, prompts or labels, by name; the largest of each name first. `is_sidecar`: the file is named
-- as an image beside it, such as 1.json and 1.png.
select
    r.logical,
    split_part(r.logical, '/', -1) as file_name,
    lower(r.suffix) as suffix,
    r.size,
    r.logical_stem in (select logical_stem from raw_file where is_image) as is_sidecar,
    m.*
from raw_file r
join member_location m using (member_id)
where regexp_matches(lower(r.logical), '\.(csv|tsv|json|jsonl|txt)$') and r.size < 100_000_000
    and (lower(r.suffix) <> 'txt' or is_sidecar)
    and not regexp_matches(r.logical, '(^|/)(dataset_dict|dataset_info|state)\.json$')  -- of saved datasets
order by r.size desc, r.logical
limit $files

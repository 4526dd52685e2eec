-- The shards of a range, in writing order. `content` is a hash of all output columns of a shard's rows. It does not depend
-- on how the sources are packed or whether they were inspected. Its key `place` has the name that earlier versions gave it.
select
    split,
    shard,
    shards,
    count(*) as rows,
    sum(expected_size)::bigint as bytes,
    sha256(string_agg(sha256(to_json({
        'place': position, 'file_id': file_id, 'label': label, 'generator': generator,
        'description': description, 'positive_prompt': positive_prompt, 'negative_prompt': negative_prompt,
        'conditioning': conditioning, 'origin': origin, 'paired_real_images': paired_real_images
    })::varchar || coalesce(to_json(further)::varchar, '')), '' order by position)) as content
from plan_row
where not is_spare and split = $split and shard between $first and $last
group by split, shard, shards
order by split, shard

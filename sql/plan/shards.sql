-- The shards of a lot, in writing order. `content` is a hash of all that the manifest says of a shard's rows, and of
-- nothing that depends on how the sources are packed or on whether they have been inspected.
select
    split,
    shard,
    shards,
    count(*) as places,
    sum(expected_size)::bigint as bytes,
    sha256(string_agg(sha256(to_json({
        'place': place, 'file_id': file_id, 'label': label, 'generator': generator,
        'description': description, 'positive_prompt': positive_prompt, 'negative_prompt': negative_prompt,
        'conditioning': conditioning, 'origin': origin, 'paired_real_images': paired_real_images
    })::varchar), '' order by place)) as content
from plan_row
where not is_spare and split = $split and shard between $first and $last
group by split, shard, shards
order by split, shard

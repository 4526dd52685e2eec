-- The shards, in writing order. `content` is a hash of all that the manifest says of a shard's rows, and of nothing that
-- depends on how the sources are packed or on whether they have been inspected.
select
    p.split,
    p.shard,
    p.shards,
    count(*) as places,
    sum(p.expected_size)::bigint as bytes,
    sha256(string_agg(sha256(to_json({
        'place': p.place, 'file_id': c.file_id, 'label': c.label, 'generator': c.generator,
        'description': c.description, 'positive_prompt': c.positive_prompt, 'negative_prompt': c.negative_prompt,
        'conditioning': c.conditioning, 'origin': c.origin, 'paired_real_images': c.paired_real_images
    })::varchar), '' order by p.place)) as content
from plan_placed p
join plan_chosen c using (split, rank)
group by p.split, p.shard, p.shards
order by p.split, p.shard

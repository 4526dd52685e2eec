-- Traits in which real and fake images may differ for no good reason: images by group, trait and bin.
-- `place` orders the bins of a trait along its axis; whatever is not known yet is left out.
with
measured as (
    select
        group_id,
        unnest([
            {trait: 'side', value: greatest(width, height)::double},
            {trait: 'weight', value: size::double},
            {trait: 'quality', value: jpeg_quality::double},
            {trait: 'aspect', value: width / height}
        ], recursive := true)
    from report_row
    join report_group using (split, label, generator, origin)
),

known as (
    select group_id, trait, value, count(*) as images
    from measured
    where value is not null
    group by all
),

binned as (
    select k.group_id, l.trait, l.place, l.bin, sum(k.images)::bigint as images
    from known k
    asof join report_ladder l on k.trait = l.trait and k.value >= l.low
    group by all
),

formats as (
    select group_id, 'format' as trait, 0 as place, format as bin, count(*) as images
    from report_row
    join report_group using (split, label, generator, origin)
    where format is not null
    group by all
)

select * from binned
union all by name
select * from formats
order by trait, place, bin, group_id

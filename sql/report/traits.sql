-- Number of images by group, trait and bin, for charts of traits in which real and fake images may differ by accident.
-- `bin_number` orders the bins of a trait. Unknown values are left out.
with
measured as (
    select
        group_id,
        unnest([
            {trait: 'longer side', value: greatest(width, height)::double},
            {trait: 'file size', value: size::double},
            {trait: 'JPEG quality', value: jpeg_quality::double},
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
    select k.group_id, l.trait, l.bin_number, l.bin, sum(k.images)::bigint as images
    from known k
    asof join report_trait_bin l on k.trait = l.trait and k.value >= l.low
    group by all
),

formats as (
    select group_id, 'format' as trait, 0 as bin_number, format as bin, count(*) as images
    from report_row
    join report_group using (split, label, generator, origin)
    where format is not null
    group by all
)

select * from binned
union all by name
select * from formats
order by trait, bin_number, bin, group_id

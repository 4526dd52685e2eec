-- Number of images by value of each trait, by class (label or generator) and fold of five. Sizes are rounded to an eighth
-- of a doubling: a rule on exact sizes would only memorise images. Classes of fewer than $min_class images, and traits
-- of fewer than $min_images, are left out: their scores would say nothing.
-- Widths and heights of more than 20 values are divided at their 64-quantiles, so that a threshold on them is found.
with edges as (
    select
        if(count(distinct width) > 20, list_distinct(quantile_disc(width, list_transform(range(64), lambda n: n / 64))), null) as widths,
        if(count(distinct height) > 20, list_distinct(quantile_disc(height, list_transform(range(64), lambda n: n / 64))), null) as heights
    from work.audited
    where format is not null
),
measured as (
    select
        *,
        coalesce('from ' || list_max(list_filter(widths, lambda edge: edge <= width)), width::varchar) as width_step,
        coalesce('from ' || list_max(list_filter(heights, lambda edge: edge <= height)), height::varchar) as height_step,
        ('0x' || substr(md5('fold' || file_id), 1, 8))::bigint % 5 as fold,
        round(width / height, 2)::varchar as aspect,
        2 ** (round(8 * log2(greatest(byte_size, 1))) / 8) as size_step,
        2 ** (round(8 * log2(greatest(byte_size, 1) / (width::double * height))) / 8) as density_step
    from work.audited, edges
    where format is not null
),
valued as (
    unpivot (
        select
            label,
            generator,
            fold,
            format,
            mode,
            width_step as width,
            height_step as height,
            (width % 8)::varchar as "width modulo 8",
            (height % 8)::varchar as "height modulo 8",
            (width % 64)::varchar as "width modulo 64",
            (height % 64)::varchar as "height modulo 64",
            aspect,
            coalesce(jpeg_quality::varchar, 'none') as "JPEG quality",
            coalesce(has_exif, false)::varchar as exif,
            software,
            camera_make as "camera make",
            text_keys as "text keys",
            source_type as "source type",
            icc_profile as "ICC profile",
            subsampling,
            scan_order as "scan order",
            has_xmp::varchar as xmp,
            has_c2pa::varchar as c2pa,
            has_comment::varchar as comment,
            has_alpha::varchar as alpha,
            bit_depth::varchar as "bit depth",
            encoder,
            format('about {:,} bytes', round(size_step)::bigint) as "file size",
            format('about {:.3g}', density_step) as "bytes per pixel"
        from measured
    )
    on columns(* exclude (label, generator, fold))
    into name trait value value
),
counted as (
    select 'label' as target, case label when 0 then 'real' else 'fake' end as class, fold, trait, value, count(*) as images
    from valued
    group by all
    union all
    select 'generator', generator, fold, trait, value, count(*)
    from valued
    where label = 1
    group by all
),
sized as (
    select *, sum(images) over (partition by target, trait, class) as class_images
    from counted
    qualify class_images >= $min_class
)
select target, class, fold, trait, value, images
from sized
qualify sum(images) over (partition by target, trait) >= $min_images

-- Pairs of images that are alike: of the same bytes, each with the first of its kind; or of perceptual hashes at most
-- three of 64 bits apart.
with
same as (
    select min(row_id) over (partition by hash) as first, row_id as second
    from report_row
    where hash is not null
    qualify first < second
),

near as (
    select distinct a.row_id as first, b.row_id as second
    from report_band a
    join report_band b using (place, part)
    where a.row_id < b.row_id
      and bit_count(xor(a.phash, b.phash)) <= 3
)

select 'same bytes' as kind, first, second from same
union all
select 'look alike', first, second from near

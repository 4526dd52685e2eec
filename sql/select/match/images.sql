-- The images that are divided into bins. Spares of fakes have no label: they affect neither quantiles nor counts.
select member_id, if(is_spare, null, 1) as label from work.fake
union all
select member_id, 0 as label from work.match_candidate

-- The images that are divided into bins.
select member_id, 1 as label from work.fake where not is_spare
union all
select member_id, 0 as label from work.match_candidate

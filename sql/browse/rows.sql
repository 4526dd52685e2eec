-- One page of images that match the filter, by file_id, after the last image of the previous page. Only ids are sorted;
-- the other columns are joined for the rows of this page.
with page as (
    select *
    from matching
    where $after_id is null or (file_id, member_id) > ($after_id, $after_member)
    order by file_id, member_id
    limit $images
)

select
    s.*,
    c.split
from page p
join shown s using (member_id)
left join chosen c on c.file_id = p.file_id
order by p.file_id, p.member_id

-- The file name suffixes of the written rows. Earlier versions named every image of a tar .jpg and recorded no suffix.
select distinct coalesce(suffix, 'jpg') as suffix
from written_row
order by suffix

-- One image cell of each kind of table, Arrow and Parquet: its table has the columns that a draft names.
select m.*
from member_location m
where m.access = 'cell'
qualify row_number() over (partition by m.kind order by m.path, m.ordinal) = 1
order by m.kind

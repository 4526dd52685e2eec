-- Records of side files. `incoming`: the rows that a worker parsed.
select source, table_name, $container_id as container_id, path, line, record::json as record
from incoming

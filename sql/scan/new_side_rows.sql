-- Records of side files as a worker parsed them: `incoming`.
select source, table_name, $container_id as container_id, path, line, record::json as record
from incoming

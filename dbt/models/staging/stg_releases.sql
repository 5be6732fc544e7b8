select
    release,
    happened,
    how,
    row_number() over (order by move) as place
from {{ source('exports', 'releases') }}

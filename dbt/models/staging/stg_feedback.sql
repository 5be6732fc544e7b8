select
    feedback,
    receipt,
    happened,
    rating = 'up' as helpful,
    reason,
    corrected
from {{ source('exports', 'feedback') }}

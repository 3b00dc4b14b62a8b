"""Makes topics, as the course's docker-compose does."""

from common import make_topics, options

parser = options(__doc__)
parser.add_argument("names", nargs="+")
args = parser.parse_args()
make_topics(args, *args.names)

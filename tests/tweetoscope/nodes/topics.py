"""Makes topics, as the course's docker-compose does."""

from common import make_topics, options

parser = options(__doc__)
parser.add_argument("names", nargs="+")
parser.add_argument("--largest", help="bytes of the largest message that they take")
args = parser.parse_args()
make_topics(args, *args.names, **({"max.message.bytes": args.largest} if args.largest else {}))

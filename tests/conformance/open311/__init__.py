"""GeoReport v2 (Open311): a suite that can be pointed at any server, and the same with clients that are not ours."""

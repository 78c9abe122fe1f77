"""What the tests of the stores have of Redis: a server and a cluster for each file, and clients of either."""

from functools import partial

import pytest
import redis
from redis_server import RedisServer, make_a_cluster


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Return a server."""
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    yield server
    server.stop()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Return a server that is a cluster of one, and so refuses commands over several slots."""
    server = RedisServer(tmp_path_factory.mktemp("cluster"), "--cluster-enabled", "yes")
    make_a_cluster(server)
    yield server
    server.stop()


@pytest.fixture
def client(server):
    """Return a client of an empty server, which does not try again."""
    client = server.client(retry=None)
    client.flushall()
    yield client
    client.close()


@pytest.fixture(params=["usual", "decoding", "of a cluster"])
def kind(request, server, cluster):
    """Return a server, and what makes clients of it: of the usual kind, that decode what comes back, of a cluster."""
    if request.param == "usual":
        return server, server.client
    if request.param == "decoding":
        return server, partial(server.client, decode_responses=True)
    return cluster, partial(redis.RedisCluster, host="127.0.0.1", port=cluster.port)

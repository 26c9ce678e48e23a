# Every rule is one command; what it does is in deploy/local/ (see `make help`).
MAKEFLAGS += --no-print-directory
PYTHON := .venv/bin/python
SETUP := deploy/local/setup

.PHONY: help setup run stop status restart dead-letters test-monitoring test-runbooks clean-run totp backup restore test-restore test check bench fuzz fuzz-api chaos chaos-ingest chaos-notifier chaos-rolling test-kafka-ha images test-images test-compose test-cluster fmt lock contracts helm-test scan env-example
.DEFAULT_GOAL := help

help: ## list every target
	@sed -n 's/^\([a-zA-Z%_-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

setup: ## install what `make run` needs, without starting anything
	@$(SETUP) run

run: ## start the whole town and stay; CAMERAS=190, STANDBY=1 a second recorder, S3=1 a store, KAFKA_SECURITY=1, MONITORING=1
	@$(SETUP) run && exec $(PYTHON) -m hejnal_local run $(if $(CAMERAS),--cameras $(CAMERAS)) \
	  $(if $(STANDBY),--standby $(STANDBY)) $(if $(S3),--s3 $(S3)) $(if $(KAFKA_SECURITY),--kafka-security $(KAFKA_SECURITY)) \
	  $(if $(MONITORING),--monitoring $(MONITORING))

stop: ## end every process of the town; its state stays in .run/
	@test ! -x $(PYTHON) || $(PYTHON) -m hejnal_local stop

status: ## every program of the town and whether it is ready
	@$(PYTHON) -m hejnal_local status

restart: ## end one program in order and start it anew: PROGRAM=recorder
	@$(PYTHON) -m hejnal_local restart $(PROGRAM)

dead-letters: ## messages that a service could not handle, and why
	@$(PYTHON) -m hejnal_local dead-letters

clean-run: ## end the town and forget its state
	@test ! -x $(PYTHON) || $(PYTHON) -m hejnal_local clean-run

totp: ## password and one-time code of a staff account: LOGIN=operator
	@$(PYTHON) -m hejnal_local totp $(or $(LOGIN),operator)

backup: ## back the running town up, encrypted, into .run-backups/ or TARGET=folder|s3://…
	@$(PYTHON) -m hejnal_local backup $(if $(TARGET),--target $(TARGET))

restore: ## bring the stopped town back from the newest backup, or FROM=id; TARGET as for backup
	@$(SETUP) run && exec $(PYTHON) -m hejnal_local restore $(FROM) $(if $(TARGET),--target $(TARGET))

test-restore: ## the restore drill: a town at work is backed up, destroyed, restored and compared; writes what it measured
	@$(SETUP) test >&2 && exec $(PYTHON) -m tests.restore.drill

test: ## run every suite: lint, types, unit, integration, front end, end to end
	@$(SETUP) test && exec $(PYTHON) -m hejnal_local.test_suites all

check: ## the quick part of the tests, without servers (under 2 minutes)
	@$(SETUP) check && exec $(PYTHON) -m hejnal_local.test_suites quick

bench: ## run every benchmark and write docs/reference/benchmarks.{json,md}
	@$(SETUP) test && exec $(PYTHON) -m hejnal_local.benches

bench-%: ## one benchmark, for example bench-ingest; a JSON line per measurement
	@$(SETUP) test >&2 && exec $(PYTHON) tests/bench/bench_$(subst -,_,$*).py

fuzz: ## nearly right bytes into every reader of a camera's bytes: CASES=1000000
	@$(SETUP) check && exec $(PYTHON) -m tests.fuzz.run --cases $(or $(CASES),1000000)

fuzz-api: ## whatever fits the API's description, and what does not, sent to every route: CASES=100
	@$(SETUP) test >&2 && HEJNAL_FUZZ_API_CASES=$(or $(CASES),100) $(PYTHON) -m pytest -q services/citizen-api/tests/test_fuzzed_api.py

chaos-ingest: ## real ingest, cameras with random faults, every frame accounted for: CAMERAS=24 MINUTES=10
	@$(SETUP) test >&2 && exec $(PYTHON) -m tests.chaos.ingest --cameras $(or $(CAMERAS),24) --minutes $(or $(MINUTES),10)

chaos: ## kill -9 of ingest, recorder, Kafka, PostgreSQL, full disks, a lost spool, a clock that is set: CAMERAS=20 KILLS=100
	@$(SETUP) test >&2 && exec $(PYTHON) -m tests.chaos.kills --cameras $(or $(CAMERAS),20) --kills $(or $(KILLS),100)

chaos-notifier: ## kill -9 of notifier, Kafka, PostgreSQL in mid-send; every device is asked what it shows: RESIDENTS=60 KILLS=100
	@$(SETUP) test >&2 && exec $(PYTHON) -m tests.chaos.notifier --residents $(or $(RESIDENTS),60) --kills $(or $(KILLS),100)

test-monitoring: ## alerts by promtool, dashboards on a running town, who is told what
	@$(SETUP) test >&2 && exec $(PYTHON) -m pytest -q deploy/monitoring tests/monitoring tests/e2e/test_dashboards.py

test-runbooks: ## real faults in a running town: the alert fires, its runbook is followed, the alert ends
	@$(SETUP) test >&2 && exec $(PYTHON) -m pytest -q tests/monitoring/walk_runbooks.py

chaos-rolling: ## restart every recording and sending service as Kubernetes does; no frame, no message may be missing: CAMERAS=24 RESTARTS=10
	@$(SETUP) test >&2 && $(PYTHON) -m tests.chaos.rolling --cameras $(or $(CAMERAS),24) --restarts $(or $(RESTARTS),10) && \
	  $(PYTHON) -m tests.chaos.kills --gentle --cameras $(or $(CAMERAS),24) --kills $(or $(RESTARTS),10) && \
	  $(PYTHON) -m tests.chaos.notifier --gentle --kills $(or $(RESTARTS),10)

test-kafka-ha: ## three brokers of which one dies, then two: nothing acknowledged is lost, nothing is applied twice (6 min, 1 GiB, root)
	@$(SETUP) test >&2 && exec $(PYTHON) -m tests.kafka_ha.run

images: ## build the services' container images with docker, buildah or podman: SERVICES="recorder ingest", IMAGE_BASE=…
	@$(SETUP) run && exec $(PYTHON) -m hejnal_local.images build $(SERVICES)

test-images: ## build each image, start it without rights, ask it, end it (needs docker, or buildah, podman, runc and mmdebstrap)
	@$(SETUP) run && exec $(PYTHON) -m tests.images.run $(SERVICES)

scan: ## look for weaknesses: secrets, licences, our Python, the image, the chart, advisories of what we build on
	@$(SETUP) check && exec $(PYTHON) -m hejnal_local.scans all

test-cluster: ## the Helm chart on a real API server with simulated nodes, and a real one (root); ONLY=objects|releases|availability|real-node
	@$(SETUP) cluster && exec $(PYTHON) -m tests.cluster.run $(if $(ONLY),--only $(ONLY))

test-compose: ## start a town from deploy/compose/compose.yaml's own definitions on a real Kafka and PostgreSQL
	@$(SETUP) run >&2 && exec $(PYTHON) -m tests.compose.run

fmt: ## format the Python sources
	@$(SETUP) check && .venv/bin/ruff check -q --fix . ; .venv/bin/ruff format .

lock: ## pin the newest Python packages that deploy/requirements.in allows
	@$(SETUP) check && deploy/local/lock

contracts: ## write the generated schemas, AsyncAPI and OpenAPI documents anew
	@$(SETUP) check && exec $(PYTHON) -m hejnal_local.generated write

helm-test: ## check the Helm chart
	@deploy/local/helm-test

env-example: ## write .env.example anew
	@$(PYTHON) -m hejnal_local env-example

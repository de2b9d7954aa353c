#!/usr/bin/env bash
#SBATCH --job-name=grader
#SBATCH --array=1-8
#SBATCH --cpus-per-task=2
#SBATCH --mem=4G
#SBATCH --time=04:00:00
# Grades a cohort with Slurm: an array, each task one shard.
#
#   sbatch array.sh SUBMISSIONS PROJECT OUT
#   grader merge OUT/out-* --out OUT/cohort      when all tasks have ended
#
# A task that was killed is started again with `sbatch --array=N`, and goes on where it was.
set -euo pipefail
[ $# -eq 3 ] || { echo "array.sh: say SUBMISSIONS PROJECT OUT" >&2 && exit 2; }

# A task's own: its services' files must not meet another's.
export GRADER_CACHE=${SLURM_TMPDIR:-${TMPDIR:-/tmp}}/grader-$SLURM_JOB_ID

code=0
grader batch "$1" --project "$2" --runtime local --out "$3/out-$SLURM_ARRAY_TASK_ID" \
  --shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT" || code=$?
# 1 says that some gate is closed, which is no failure of the task.
[ "$code" -eq 1 ] || exit "$code"

export {
  type ClockUnderTest,
  parseTrace,
  scoreTable,
  scoreTrace,
  type TraceRow,
  type TraceScore,
} from "./trace-score.js";

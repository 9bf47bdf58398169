package luavm

// An instruction is one step of a compiled function. It is made from one
// instruction of go-lua's chunk, at the same place in the code, by translate:
// an operation for each combination of operand types, so that the loop that
// executes it has nothing to find out, and wider operands.
//
//	bits 0–7 op, 8–15 a, 16–23 b, 24–31 c, 32–63 d
//
// a, b and c are registers or, as the operation says, constants or counts; d
// is a signed number: a jump's distance, a wide index, or what the operation
// remembers from its last run.
type instruction uint64

func (i instruction) op() opcode { return opcode(i) }
func (i instruction) a() uint8   { return uint8(i >> 8) }
func (i instruction) b() uint8   { return uint8(i >> 16) }
func (i instruction) c() uint8   { return uint8(i >> 24) }
func (i instruction) d() int     { return int(int32(i >> 32)) }

func encode(op opcode, a, b, c uint8, d int) instruction {
	return instruction(op) | instruction(a)<<8 | instruction(b)<<16 | instruction(c)<<24 | instruction(uint32(int32(d)))<<32
}

type opcode uint8

// In the comments R is a register, K a constant, U an upvalue, G the globals;
// pc is that of the next instruction. Where an operation is followed by a
// jump, d is that jump's distance, from the instruction after it.
const (
	opMove        opcode = iota // R[a] = R[b]
	opLoadK                     // R[a] = K[d]
	opLoadBool                  // R[a] = b != 0; skip c instructions
	opLoadNil                   // R[a] … R[a+b] = nil
	opGetUpval                  // R[a] = U[b]
	opSetUpval                  // U[b] = R[a]
	opGetGlobal                 // R[a] = G[K[d]]
	opSetGlobal                 // G[K[d]] = R[a]
	opGetField                  // R[a] = R[b][K[c]], K[c] a string; d: its hash
	opGetTable                  // R[a] = R[b][R[c]]
	opGetTableK                 // R[a] = R[b][K[c]]
	opGetUpField                // R[a] = U[b][K[c]]
	opGetUpTable                // R[a] = U[b][R[c]]
	opSetField                  // R[a][K[b]] = R[c], K[b] a string
	opSetFieldK                 // R[a][K[b]] = K[c], K[b] a string
	opSetTable                  // R[a][R[b]] = R[c]
	opSetTableX                 // R[a][RK[b]] = RK[c]; d: which are constants
	opSetUpTable                // U[a][RK[b]] = RK[c]; d: which are constants
	opNewTable                  // R[a] = {}; b, c: sizes, of array and nodes
	opSelf                      // R[a+1] = R[b]; R[a] = R[b][K[c]], K[c] a string
	opSelfR                     // R[a+1] = R[b]; R[a] = R[b][R[c]]
	opAdd                       // R[a] = R[b] + R[c]
	opAddK                      // R[a] = R[b] + K[c], K[c] a number
	opSub                       // R[a] = R[b] - R[c]
	opSubK                      // R[a] = R[b] - K[c], K[c] a number
	opMul                       // R[a] = R[b] * R[c]
	opMulK                      // R[a] = R[b] * K[c], K[c] a number
	opDiv                       // R[a] = R[b] / R[c]
	opDivK                      // R[a] = R[b] / K[c], K[c] a number
	opMod                       // R[a] = R[b] % R[c]
	opModK                      // R[a] = R[b] % K[c], K[c] a number
	opArith                     // R[a] = RK[b] ∘ RK[c]; d: the operator, and which are constants
	opUnm                       // R[a] = -R[b]
	opNot                       // R[a] = not R[b]
	opLen                       // R[a] = #R[b]
	opConcat                    // R[a] = R[b] .. … .. R[c]
	opJump                      // pc += d
	opLoop                      // pc += d, backwards
	opClose                     // close upvalues from R[a-1] on; pc += d
	opEq                        // if (R[b] == R[c]) == a then pc += d
	opEqK                       // if (R[b] == K[c]) == a then pc += d
	opLt                        // if (R[b] < R[c]) == a then pc += d
	opLtK                       // if (R[b] < K[c]) == a then pc += d, K[c] a number
	opGtK                       // if (K[c] < R[b]) == a then pc += d, K[c] a number
	opLe                        // if (R[b] <= R[c]) == a then pc += d
	opLeK                       // if (R[b] <= K[c]) == a then pc += d, K[c] a number
	opGeK                       // if (K[c] <= R[b]) == a then pc += d, K[c] a number
	opCompare                   // if (RK[b] ∘ RK[c]) == a then pc += 0 else pc++; d: the comparison, and which are constants
	opTest                      // if R[b] counts as c then pc += d
	opTestSet                   // if R[b] counts as c then R[a] = R[b]; pc += d
	opTestSkip                  // if R[b] does not count as c then pc++
	opTestSetSkip               // if R[b] counts as c then R[a] = R[b] else pc++
	opCall                      // R[a] … = R[a](R[a+1] … R[a+b-1]), c-1 results; b = 0: up to top; c = 0: all
	opTailCall                  // return R[a](R[a+1] … R[a+b-1])
	opReturn                    // return R[a] … R[a+b-2]; b = 0: up to top
	opReturn0                   // return
	opReturn1                   // return R[a]
	opForPrep                   // check the loop's three numbers; pc += d
	opForLoop                   // R[a] += R[a+2]; if the loop goes on then R[a+3] = R[a], pc += d
	opForEach                   // R[a+3] … R[a+2+c] = R[a](R[a+1], R[a+2])
	opForEachLoop               // if R[a+1] ~= nil then R[a] = R[a+1], pc += d
	opSetList                   // R[a][d+i] = R[a+i], i = 1 … b; b = 0: up to top
	opClosure                   // R[a] = closure of function d
	opVararg                    // R[a] … R[a+b-2] = …; b = 0: all
	opArgTable                  // R[a] = {n = select('#', ...), ...}
	opStep                      // tell the debugger
)

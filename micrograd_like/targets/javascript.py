"""Rows of the table as JavaScript, for a page that computes: the Python text of a row, translated.

The translation knows Python's syntax and the functions of `math`, no operations: it reads those from the table. All
numbers follow IEEE 754: where Python raises, JavaScript goes on with inf or nan.
"""

from __future__ import annotations

import ast
import re

from ..operation import BUILT_IN, Op, is_truth, once_a_row

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Iterable

MATH = "exp expm1 log1p log2 log10 sqrt cbrt sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh hypot"
SAME = {name: f"Math.{name}" for name in f"{MATH} abs".split()}
WHOLE = {name: f"${name}" for name in ("floor", "ceil", "trunc", "round")} | {"int": "$trunc"}
CALLS = SAME | {"fabs": "Math.abs", "float": "Number"} | WHOLE
NAMES = {"inf": "Infinity", "nan": "NaN", "pi": "Math.PI", "e": "Math.E", "tau": "(2*Math.PI)"}
SIGNS: dict[type, str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
SIGNS |= {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "===", ast.NotEq: "!=="}
SIGNS |= {ast.And: "&&", ast.Or: "||", ast.USub: "-", ast.UAdd: "+"}
FUNCTIONS: dict[type, str] = {ast.Mod: "$mod", ast.FloorDiv: "$floordiv", ast.Pow: "$pow"}


class Untranslatable(ValueError):
    """What has no JavaScript, and why."""


@once_a_row
def function_of(op: Op) -> str:
    """The row's value as a function in JavaScript.

    >>> from micrograd_like.ops import OPS
    >>> function_of(OPS["mul"]), function_of(OPS["relu"])
    ('(a,b)=>(a*b)', '(a)=>((a<=0)?0.0:a)')
    """
    if not op.is_text and op.name not in BUILT_IN:
        raise Untranslatable(f"{op.name} is an operation of your own, a Python function that a page cannot run")
    letters = {letter: chr(ord("a") + k) for k, letter in enumerate(op.letters)} if op.arity or not op.rule else {}
    letters = letters or {"xs": "xs"}
    parameters = "...xs" if letters == {"xs": "xs"} else ",".join(letters.values())
    tree = ast.parse(op.spelling.strip(), mode="eval").body
    return f"({parameters})=>{Translation(op, letters).text(tree)}"


def literal(x: float | bool) -> str:
    """A number, or an answer, as JavaScript writes it.

    >>> literal(-1.5), literal(float("inf")), literal(True)
    ('-1.5', 'Infinity', 'true')
    """
    return str(x).lower() if isinstance(x, bool) else repr(x).replace("inf", "Infinity").replace("nan", "NaN")


def helpers_for(functions: Iterable[str]) -> str:
    """The definitions of what the functions call beyond JavaScript's own, and of what those call."""
    found: dict[str, str] = {}
    waiting = list(functions)
    while waiting:
        for name in re.findall(r"\$\w+", waiting.pop()):
            if name not in found:
                found[name] = HELPERS[name]
                waiting.append(HELPERS[name])
    return "".join(f"const {name}={text};\n" for name, text in found.items())


class Translation:
    """One row's text on its way to JavaScript. Its letters get new names: a user's may be words of JavaScript."""

    def __init__(self, op: Op, letters: dict[str, str]) -> None:
        self.op = op
        self.letters = letters

    def text(self, node: ast.expr) -> str:
        method = getattr(self, type(node).__name__.lower(), None)
        if method is None:
            raise self.unknown(node)
        return str(method(node))

    def unknown(self, node: ast.expr) -> Untranslatable:
        return Untranslatable(f"{self.op.name} computes {ast.unparse(node)}, which a page cannot run")

    def constant(self, node: ast.Constant) -> str:
        if type(node.value) not in (int, float):
            raise self.unknown(node)
        return repr(node.value).replace("inf", "Infinity")

    def name(self, node: ast.Name) -> str:
        known = self.letters.get(node.id) or NAMES.get(node.id)
        if known is None:
            raise self.unknown(node)
        return known

    def starred(self, node: ast.Starred) -> str:
        return f"...{self.text(node.value)}"

    def unaryop(self, node: ast.UnaryOp) -> str:
        if isinstance(node.op, ast.Not):
            return f"(!{self.truth(node.operand)})"
        if type(node.op) not in SIGNS:
            raise self.unknown(node)
        return f"({SIGNS[type(node.op)]}{self.text(node.operand)})"

    def binop(self, node: ast.BinOp) -> str:
        x, y = self.text(node.left), self.text(node.right)
        if type(node.op) in SIGNS:
            return f"({x}{SIGNS[type(node.op)]}{y})"
        if type(node.op) in FUNCTIONS:
            return f"{FUNCTIONS[type(node.op)]}({x},{y})"
        raise self.unknown(node)

    def boolop(self, node: ast.BoolOp) -> str:
        if not all(map(is_truth, node.values)):  # `x or 1.0` answers one of the two
            raise self.unknown(node)
        return self.truths(node)

    def truths(self, node: ast.BoolOp) -> str:
        return f"({SIGNS[type(node.op)].join(map(self.truth, node.values))})"

    def compare(self, node: ast.Compare) -> str:
        operands = [node.left, *node.comparators]
        if any(type(sign) not in SIGNS for sign in node.ops):
            raise self.unknown(node)
        pairs = zip(operands, node.ops, operands[1:], strict=False)
        tests = [f"({self.text(x)}{SIGNS[type(sign)]}{self.text(y)})" for x, sign, y in pairs]
        return tests[0] if len(tests) == 1 else f"({'&&'.join(tests)})"

    def truth(self, node: ast.expr) -> str:
        """Python's truth of a number: nan is true."""
        if isinstance(node, ast.BoolOp):
            return self.truths(node)
        return self.text(node) if is_truth(node) else f"({self.text(node)}!=0)"

    def ifexp(self, node: ast.IfExp) -> str:
        return f"({self.truth(node.test)}?{self.text(node.body)}:{self.text(node.orelse)})"

    def call(self, node: ast.Call) -> str:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        operands = [self.text(x) for x in node.args]
        if name == "len" and len(operands) == 1:
            return f"{operands[0]}.length"
        called = CALLS.get(name) or (f"${name}" if f"${name}" in HELPERS else None)
        if called is None or node.keywords:
            raise self.unknown(node)
        return f"{called}({','.join(operands)})"

    def subscript(self, node: ast.Subscript) -> str:
        if not isinstance(node.slice, ast.Slice):
            return f"{self.text(node.value)}[{self.text(node.slice)}]"
        if node.slice.step:
            raise self.unknown(node)
        start = self.text(node.slice.lower) if node.slice.lower else "0"
        end = f",{self.text(node.slice.upper)}" if node.slice.upper else ""
        return f"{self.text(node.value)}.slice({start}{end})"


HELPERS = {
    "$pow": "(x,y)=>x===1||(x===-1&&(y===Infinity||y===-Infinity))?1:Math.pow(x,y)",
    "$copysign": "(x,y)=>{x=Math.abs(x);return y<0||Object.is(y,-0)?-x:x}",
    "$mod": "(x,y)=>{let m=x%y;return m?(y<0)!==(m<0)?m+y:m:m===0?$copysign(0,y):m}",
    "$floordiv": "(x,y)=>{if(!y||!isFinite(x))return y||x!==x||y!==y?NaN:x/y;const m=$mod(x,y);let q=x%y;"
    "q=(x-q)/y-(q&&(y<0)!==(q<0)?1:0);if(!q)return m!==m?m:$copysign(0,x/y);const f=Math.floor(q);return q-f>.5?f+1:f}",
    "$fmod": "(x,y)=>x%y",
    "$remainder": "(x,y)=>{if(y===Infinity||y===-Infinity)return isFinite(x)?x:NaN;const a=Math.abs(x),b=Math.abs(y),"
    "m=a%b,c=b-m;const r=m<c?m:m>c?-c:m-2*((.5*(a-m))%b);return $copysign(1,x)*r}",
    # an int of Python's is no -0
    "$floor": "x=>Math.floor(x)+0",
    "$ceil": "x=>Math.ceil(x)+0",
    "$trunc": "x=>Math.trunc(x)+0",
    "$round": "x=>{const r=Math.round(x);return(Math.abs(x%1)===.5&&r%2?r-1:r)+0}",
    "$modf": "x=>[isFinite(x)?$copysign(x%1,x):x===x?$copysign(0,x):x,Math.trunc(x)]",
    "$log": "(x,y=Math.E)=>y===Math.E?Math.log(x):Math.log(x)/Math.log(y)",
    "$exp2": "x=>Math.pow(2,x)",
    "$degrees": "x=>x*(180/Math.PI)",
    "$radians": "x=>x*(Math.PI/180)",
    "$ldexp": "(x,n)=>{for(;n>1e3&&isFinite(x);n-=1e3)x*=2**1e3;for(;n<-1e3&&x;n+=1e3)x*=2**-1e3;return x*2**n}",
    "$nextafter": "(x,y)=>{if(x!==x||y!==y)return NaN;if(x===y)return y;if(!x)return y>0?5e-324:-5e-324;"
    "const f=new Float64Array([x]),b=new BigInt64Array(f.buffer);b[0]+=(x<y)===(x>0)?1n:-1n;return f[0]}",
    "$max": "(...xs)=>xs.reduce((x,y)=>y>x?y:x)",
    "$min": "(...xs)=>xs.reduce((x,y)=>y<x?y:x)",
    # exact sums: Shewchuk's, and Dekker's product
    "$fsum": "xs=>{let p=[];for(let x of xs){if(!isFinite(x))return xs.reduce((a,b)=>a+b);let i=0;for(let y of p){"
    "if(Math.abs(x)<Math.abs(y))[x,y]=[y,x];const h=x+y,l=y-(h-x);if(l)p[i++]=l;x=h}p.length=i;p.push(x)}"
    "let n=p.length;if(!n)return 0;"
    "if(!isFinite(p[n-1]))return xs[0]<0?-Infinity:Infinity;let h=p[--n],l=0;"
    "while(n){const x=h,y=p[--n];h=x+y;l=y-(h-x);if(l)break}"
    "if(n&&l*p[n-1]>0){const y=2*l,x=h+y;if(y===x-h)h=x}return h}",
    "$twice": "(x,y)=>{const s=z=>{const c=134217729*z,h=c-(c-z);return[h,z-h]},p=x*y,[a,b]=s(x),[c,d]=s(y);"
    "const e=b*d-(p-a*c-b*c-a*d);return isFinite(e)?[p,e]:[p,0]}",
    "$fma": "(x,y,z)=>$fsum([...$twice(x,y),z])",
    "$sumprod": "(p,q)=>$fsum(p.flatMap((x,i)=>$twice(x,q[i])))",
    # as in CPython's mathmodule.c
    "$erfs": "x=>{const s=x*x;let a=0,k=25.5;for(let i=0;i<25;i++){a=2+s*a/k;k-=1}"
    "return a*x*Math.exp(-s)/1.772453850905516}",
    "$erfcf": "x=>{if(x>=30)return 0;const s=x*x;let a=0,d=.5,p=1,o=0,q=d+s,r=1;for(let i=0;i<50;i++){a+=d;d+=2;"
    "const b=d+s;[p,o]=[b*p-a*o,p];[q,r]=[b*q-a*r,q]}return p/q*x*Math.exp(-s)/1.772453850905516}",
    "$erf": "x=>{const a=Math.abs(x);return a!==a?a:a<1.5?$erfs(x):x>0?1-$erfcf(a):$erfcf(a)-1}",
    "$erfc": "x=>{const a=Math.abs(x);return a!==a?a:a<1.5?1-$erfs(x):x>0?$erfcf(a):2-$erfcf(a)}",
    "$sinpi": "x=>{const y=Math.abs(x)%2,n=Math.round(2*y),P=Math.PI;return $copysign(1,x)*[()=>Math.sin(P*y),"
    "()=>Math.cos(P*(y-.5)),()=>Math.sin(P*(1-y)),()=>-Math.cos(P*(y-1.5)),()=>Math.sin(P*(y-2))][n]()}",
    "$lanczos": "x=>{const a=[23531376880.41076,42919803642.6491,35711959237.35567,17921034426.03721,6039542586.352028,"
    "1439720407.3117216,248874557.86205417,31426415.58540019,2876370.6289353725,186056.26539522348,8071.672002365816,"
    "210.82427775157936,2.5066282746310002],b=[0,39916800,120543840,150917976,105258076,45995730,13339535,2637558,"
    "357423,32670,1925,66,1];let n=0,d=0;if(x<5)for(let i=12;i>=0;i--){n=n*x+a[i];d=d*x+b[i]}"
    "else for(let i=0;i<13;i++){n=n/x+a[i];d=d/x+b[i]}return n/d}",
    "$gamma": "x=>{if(!isFinite(x))return x>0?x:NaN;if(!x)return 1/x;if(x===Math.floor(x)){if(x<0)return NaN;"
    "if(x<=23){let f=1;for(let i=2;i<x;i++)f*=i;return f}}const a=Math.abs(x),G=6.02468004077673;"
    "if(a<1e-20)return 1/x;if(a>200)return x<0?0/$sinpi(x):Infinity;const y=a+G-.5;"
    "let z=a>G-.5?(y-a)-(G-.5):(y-(G-.5))-a,r;z=z*G/y;if(x<0){r=-Math.PI/$sinpi(a)/a*Math.exp(y)/$lanczos(a);r-=z*r;"
    "if(a<140)return r/Math.pow(y,a-.5);const s=Math.pow(y,a/2-.25);return r/s/s}"
    "r=$lanczos(a)/Math.exp(y);r+=z*r;if(a<140)return r*Math.pow(y,a-.5);const s=Math.pow(y,a/2-.25);return r*s*s}",
    "$lgamma": "x=>{if(!isFinite(x))return x!==x?x:Infinity;if(x===Math.floor(x)&&x<=2)return x<=0?Infinity:0;"
    "const a=Math.abs(x),G=6.02468004077673;if(a<1e-20)return-Math.log(a);"
    "let r=Math.log($lanczos(a))-G;r+=(a-.5)*(Math.log(a+G-.5)-1);"
    "return x<0?Math.log(Math.PI)-Math.log(Math.abs($sinpi(a)))-Math.log(a)-r:r}",
    "$bernoulli": "[1/6,-1/30,1/42,-1/30,5/66,-691/2730,7/6,-3617/510]",
    "$polygamma": "(n,x)=>{if(x!==x||x<-1e6||(x<0&&x===Math.floor(x)))return n&&x===Math.floor(x)?"
    "Infinity*(n%2?1:-1):NaN;if(!x)return n?(n%2?1:-1)*Infinity:-1/x;if(x===Infinity)return n?0:x;let t=0;"
    "if(!n){if(x<0)return $polygamma(0,1-x)-Math.PI*Math.cos(Math.PI*(x%1))/$sinpi(x%1);"
    "for(;x<15;x++)t-=1/x;t+=Math.log(x)-.5/x;let p=1;"
    "$bernoulli.forEach((b,i)=>{p/=x*x;t-=b*p/(2*i+2)});return t}const s=n+1;for(;x<15+n;x++)t+=Math.pow(x,-s);"
    "t+=Math.pow(x,-n)/n+Math.pow(x,-s)/2;let c=s/2*Math.pow(x,-s-1);"
    "$bernoulli.forEach((b,i)=>{t+=b*c;c*=(s+2*i+1)*(s+2*i+2)/((2*i+3)*(2*i+4))/(x*x)});let f=1;"
    "for(let i=2;i<=n;i++)f*=i;return(n%2?1:-1)*f*t}",
}

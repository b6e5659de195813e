/** How one vehicle is drawn: a point whose shape is worked out in the fragment shader. */

export const VERTEX = `#version 300 es
precision highp float;
layout(location = 0) in vec4 a_path;  // where it was, where it is (Mercator from the origin)
layout(location = 1) in vec4 a_state; // arrived (s), heading (deg, -1 unknown), fix (s), flags
uniform mat4 u_matrix;
uniform float u_now;      // s on the page's clock
uniform float u_glide;    // s that a move takes on the screen, 0 = none
uniform float u_fix_now;  // s on the clock of the fixes
uniform float u_stale;    // s after which a fix is old
uniform float u_radius;   // device pixels
uniform float u_pixel;    // device pixels per CSS pixel
uniform float u_ring;     // 0..1, how much of the armed ring to show at this zoom
flat out int v_shape;     // 0 dot, 1 arrow, 2 circle, 3 triangle, 4 diamond
flat out int v_paint;     // 0 unknown, 1 parked, 2 moving, 3 blue, 4 yellow, 5 red
flat out float v_armed;
flat out float v_hollow;
flat out vec2 v_turn;     // sin and cos of the heading
flat out float v_radius;
flat out float v_extent;

void main() {
  int flags = int(a_state.w + 0.5);
  int status = flags & 3;
  int level = (flags >> 3) & 3;
  bool stale = u_fix_now - a_state.z > u_stale;
  bool pointed = status == 2 && a_state.y >= 0.0 && !stale;
  float moved = u_glide > 0.0 ? smoothstep(0.0, 1.0, (u_now - a_state.x) / u_glide) : 1.0;
  gl_Position = u_matrix * vec4(mix(a_path.xy, a_path.zw, moved), 0.0, 1.0);

  v_paint = level > 0 ? 2 + level : status;
  v_shape = level > 0 ? 1 + level : (pointed ? 1 : 0);
  v_armed = float((flags >> 2) & 1);
  v_hollow = stale ? 1.0 : 0.0;
  float heading = radians(max(a_state.y, 0.0));
  v_turn = vec2(sin(heading), cos(heading));
  v_radius = level > 0 ? max(u_radius * 1.7, 6.5 * u_pixel)
           : v_shape == 1 ? u_radius * 1.45 : u_radius;
  // As small as the shape allows: thirty thousand points are paid for by their area.
  bool ringed = level == 0 && v_armed > 0.5 && u_ring > 0.0;
  float reach = level == 3 ? 1.3 : v_shape == 3 ? 1.25 : 1.0;
  v_extent = v_radius * reach + (level > 0 ? 2.5 : ringed ? 3.8 : 0.8) * u_pixel;
  gl_PointSize = 2.0 * v_extent;
}`;

export const FRAGMENT = `#version 300 es
precision highp float;
flat in int v_shape;
flat in int v_paint;
flat in float v_armed;
flat in float v_hollow;
flat in vec2 v_turn;
flat in float v_radius;
flat in float v_extent;
uniform vec3 u_colours[6];
uniform vec3 u_armed;
uniform vec3 u_outline;
uniform float u_pixel;
uniform float u_ring;
uniform float u_alpha;    // of ordinary vehicles: thousands lie over each other far out
out vec4 colour;

float triangle(vec2 p, float r) {
  // Equilateral, one corner up.
  const float k = 1.7320508;
  p.y = -p.y;
  p.x = abs(p.x) - r;
  p.y = p.y + r / k;
  if (p.x + k * p.y > 0.0) p = vec2(p.x - k * p.y, -k * p.x - p.y) / 2.0;
  p.x -= clamp(p.x, -2.0 * r, 0.0);
  return -length(p) * sign(p.y);
}

float arrow(vec2 p, float r) {
  // A dart: the outer edges of a narrow triangle, less a notch at its tail.
  p.x = abs(p.x);
  float side = dot(p - vec2(0.0, -r), normalize(vec2(1.75, -0.72)));
  float notch = dot(p - vec2(0.0, r * 0.38), normalize(vec2(-0.5, 0.78)));
  return max(side, notch);
}

void main() {
  vec2 p = (gl_PointCoord - 0.5) * 2.0 * v_extent; // y down, device pixels
  float r = v_radius;
  float d;
  if (v_shape == 1) {
    vec2 q = vec2(p.x * v_turn.y + p.y * v_turn.x, -p.x * v_turn.x + p.y * v_turn.y);
    d = arrow(q, r);
  } else if (v_shape == 3) {
    d = triangle(p + vec2(0.0, -r * 0.12), r * 1.05);
  } else if (v_shape == 4) {
    d = (abs(p.x) + abs(p.y) - r * 1.28) * 0.70710678;
  } else {
    d = length(p) - r;
  }
  bool raised = v_shape > 1;
  float soft = 0.6 * u_pixel;
  float inside = 1.0 - smoothstep(-soft, soft, d);
  vec3 paint = u_colours[v_paint];
  vec4 result = vec4(0.0);
  if (v_hollow > 0.5) {
    float line = (raised ? 1.6 : 0.7) * u_pixel;
    float stroke = 1.0 - smoothstep(line - soft, line + soft, abs(d + line));
    float strength = raised ? 0.95 : 0.6;
    result = vec4(paint, 1.0) * max(stroke * strength, inside * (raised ? 0.22 : 0.0));
  } else if (raised) {
    float edge = 1.0 - smoothstep(1.5 * u_pixel - soft, 1.5 * u_pixel + soft, d);
    result = mix(vec4(u_outline, 1.0) * edge, vec4(paint, 1.0), inside);
  } else {
    result = vec4(paint, 1.0) * inside * u_alpha;
  }
  if (!raised && v_armed > 0.5 && u_ring > 0.0) {
    float ring = abs(length(p) - r - 2.4 * u_pixel) - 0.6 * u_pixel;
    float shown = (1.0 - smoothstep(-soft, soft, ring)) * u_ring * (v_hollow > 0.5 ? 0.3 : 0.7);
    result = mix(result, vec4(u_armed, 1.0), shown);
  }
  if (result.a < 0.004) discard;
  colour = result;
}`;

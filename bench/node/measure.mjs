// Common parts of the Node programs: arguments, and the measurement of their process.
export const WARM_UP = 200;

export function args() {
  const [url, key, calls] = process.argv.slice(2);
  return { url, key, calls: Number(calls) };
}

export class Measured {
  #cpu = process.cpuUsage();
  #wall = performance.now();

  end(calls) {
    const { user, system } = process.cpuUsage(this.#cpu);
    const wall = (performance.now() - this.#wall) * 1000;
    const perCall = (micros) => Math.round((micros / calls) * 100) / 100;
    console.log(JSON.stringify({ cpu_us: perCall(user + system), wall_us: perCall(wall) }));
  }
}
